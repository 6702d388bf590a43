"""SQLAlchemy's turns at loading.

`birgus-peers --loading` starts this, with a URL and a form, and writes one command a line: `sql STATEMENT`,
`work flat`, `work tree`, `graph`, `go TIMES`. Each gets one line back: `ok`, JSON, or nanoseconds. What fails ends the
process.

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt
"""

import json
import sys
import time

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    hair_color: Mapped[str | None]
    posts: Mapped[list["Post"]] = relationship()


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    body: Mapped[str | None]
    comments: Mapped[list["Comment"]] = relationship()


class Comment(Base):
    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    text: Mapped[str]


def connect(url):
    """One connection, on which nothing runs but the work: no BEGIN, no ROLLBACK."""
    if url.startswith("sqlite:"):
        url = "sqlite://"
    else:
        url = url.replace("postgresql:", "postgresql+psycopg:", 1)
    engine = create_engine(url, poolclass=StaticPool, pool_reset_on_return=None, isolation_level="AUTOCOMMIT")
    return engine.connect()


def query(form, work):
    if form == "selectinload":
        load = selectinload(User.posts)
        return select(User).options(load.selectinload(Post.comments) if work == "tree" else load)
    load = joinedload(User.posts)
    return select(User).options(load.joinedload(Post.comments) if work == "tree" else load)


def users(session, form, work):
    rows = session.scalars(query(form, work))
    if form == "joinedload":
        rows = rows.unique()
    return rows.all()


def graph(connection, form, work):
    with Session(connection) as session:
        return [
            [
                user.id,
                user.name,
                user.hair_color,
                [
                    [
                        post.id,
                        post.user_id,
                        post.title,
                        post.body,
                        [[comment.id, comment.post_id, comment.text] for comment in post.comments]
                        if work == "tree"
                        else [],
                    ]
                    for post in user.posts
                ],
            ]
            for user in users(session, form, work)
        ]


def go(connection, form, work, times):
    start = time.perf_counter_ns()
    for _ in range(times):
        with Session(connection) as session:
            users(session, form, work)
    return time.perf_counter_ns() - start


def main():
    url, form = sys.argv[1:]
    if form not in ("selectinload", "joinedload"):
        sys.exit(f"no such form: {form}")
    connection = connect(url)
    work = "flat"
    for line in sys.stdin:
        command, _, rest = line.rstrip("\n").partition(" ")
        if command == "sql":
            connection.exec_driver_sql(rest)
            connection.commit()
            answer = "ok"
        elif command == "work" and rest in ("flat", "tree"):
            work, answer = rest, "ok"
        elif command == "graph":
            answer = json.dumps(graph(connection, form, work))
        elif command == "go":
            answer = go(connection, form, work, int(rest))
        else:
            sys.exit(f"no such command: {line}")
        print(answer, flush=True)


if __name__ == "__main__":
    main()
