CREATE TABLE users (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    email VARCHAR(190) NOT NULL,
    role ENUM('admin', 'power user', '3rd party') NOT NULL DEFAULT 'power user',
    permissions SET('read', 'write') NOT NULL DEFAULT 'read',
    is_active TINYINT(1) NOT NULL DEFAULT 1,
    birth_year YEAR DEFAULT NULL,
    score DECIMAL(20, 4) NOT NULL DEFAULT '0.0000',
    zip VARCHAR(10) NOT NULL DEFAULT '0',
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY email (email),
    KEY idx_fk (role)
);
CREATE TABLE posts (
    post_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
    author_id INT UNSIGNED NOT NULL,
    editor_id INT UNSIGNED DEFAULT NULL,
    title VARCHAR(255) NOT NULL,
    body MEDIUMTEXT,
    words INT GENERATED ALWAYS AS (CHAR_LENGTH(title)) STORED,
    PRIMARY KEY (post_id),
    KEY idx_fk (author_id),
    KEY part (title(20)),
    CONSTRAINT posts_author FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT posts_editor FOREIGN KEY (editor_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT posts_title CHECK (title <> '')
);
CREATE TABLE PostTag (
    post_id SMALLINT UNSIGNED NOT NULL,
    tag VARCHAR(30) NOT NULL,
    PRIMARY KEY (tag, post_id),
    CONSTRAINT tag_of_post FOREIGN KEY (post_id) REFERENCES posts (post_id) ON DELETE RESTRICT
);
CREATE TABLE counters (shard INT NOT NULL, n INT NOT NULL AUTO_INCREMENT, PRIMARY KEY (shard, n), KEY (n));
CREATE TABLE places (id INT PRIMARY KEY, spot POINT NOT NULL, SPATIAL KEY (spot));
CREATE TABLE queue (payload JSON);
CREATE TABLE plain (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, amount BIGINT NOT NULL DEFAULT 5);
