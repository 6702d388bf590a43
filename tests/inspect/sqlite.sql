CREATE TABLE [Staff Member] (
    [Staff ID] INTEGER PRIMARY KEY AUTOINCREMENT,
    [Full Name] NVARCHAR(80) NOT NULL,
    [Reports To] INT,
    [2nd Language] TEXT,
    [self] BOOLEAN NOT NULL DEFAULT 1,
    CONSTRAINT [FK Boss] FOREIGN KEY ([Reports To]) REFERENCES [Staff Member] ([Staff ID])
);
CREATE TABLE Zone (
    Code VARCHAR(4) PRIMARY KEY,
    type TEXT NOT NULL DEFAULT 'it''s inside',
    query CLOB
);
CREATE TABLE OrderLine (
    OrderNo INTEGER NOT NULL,
    LineNo INTEGER NOT NULL,
    Price NUMERIC(10,2) NOT NULL DEFAULT 0,
    Quantity INT NOT NULL DEFAULT 1 CHECK (Quantity BETWEEN 1 AND 99),
    FromZone VARCHAR(4) NOT NULL CONSTRAINT line_from REFERENCES Zone,
    ToZone VARCHAR(4) REFERENCES Zone (Code) ON DELETE SET NULL ON UPDATE CASCADE,
    Position POINT,
    Total REAL GENERATED ALWAYS AS (Price * Quantity) STORED,
    Entered DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (LineNo, OrderNo),
    CONSTRAINT "one each" UNIQUE (OrderNo, FromZone),
    CONSTRAINT elsewhere CHECK (FromZone <> ToZone)
);
CREATE TABLE Shipment (
    id INTEGER PRIMARY KEY,
    order_no INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    driver_id INTEGER REFERENCES "Staff Member" ON DELETE SET NULL,
    FOREIGN KEY (line_no, order_no) REFERENCES OrderLine (LineNo, OrderNo) ON DELETE CASCADE
);
CREATE UNIQUE INDEX ShipmentOfLine ON Shipment (line_no, order_no);
CREATE INDEX LoudZones ON Zone (type) WHERE type = 'loud';
CREATE TABLE session (id TEXT PRIMARY KEY, data BLOB);
CREATE TABLE log (line TEXT);
CREATE TABLE label (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL);
CREATE UNIQUE INDEX uq_label_name ON label (name);
