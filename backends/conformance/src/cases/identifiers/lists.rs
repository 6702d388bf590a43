//! Many names at once, as columns and as tables: what the model check lets through, every engine takes.

use std::collections::BTreeSet;

use birgus::Database;
use birgus::Value;
use birgus::backend::{BindType, Connection, StatementBuilder};
use birgus::schema::{Column, ColumnType, Index, Table, index_name, validate};
use naughty_strings::BLNS;

use crate::Bed;

crate::cases::cases![
    every_reserved_word_is_a_column,
    reserved_words_are_tables,
    the_list_of_naughty_strings_as_columns,
    the_list_of_naughty_strings_as_tables,
    every_character_stands_in_a_name,
];

/// The words that SQLite, PostgreSQL, MySQL or MariaDB reserve.
const WORDS: &str = "accessible account action add all alter always analyse analyze and any array as asc asensitive \
    asymmetric at attach authorization autoincrement before begin between bigint binary blob both by call cascade case \
    cast change char character check coalesce collate collation column columns commit concurrently condition conflict \
    constraint continue convert create cross cube cume_dist current current_catalog current_date current_role \
    current_schema current_time current_timestamp current_user cursor database databases day_hour day_microsecond \
    day_minute day_second dec decimal declare default deferrable deferred delayed delete dense_rank desc describe detach \
    deterministic distinct distinctrow div do double drop dual each else elseif empty enclosed end escape escaped except \
    exclude exclusive exists exit explain extract fail false fetch filter first first_value float float4 float8 following \
    for force foreign freeze from full fulltext function generated get glob grant greatest group grouping groups having \
    high_priority hour_microsecond hour_minute hour_second if ignore ilike immediate in index indexed infile initially \
    inner inout insensitive insert instead int int1 int2 int3 int4 int8 integer intersect interval into io_after_gtids \
    is isnull iterate join json_table key keys kill lag last last_value lateral lead leading least leave left like limit \
    linear lines load localtime localtimestamp lock long longblob longtext loop low_priority manual master_bind match \
    materialized maxvalue mediumblob mediumint mediumtext middleint minute_microsecond minute_second mod modifies natural \
    no none normalize not nothing notnull no_write_to_binlog nth_value ntile null nullif nulls numeric of offset on only \
    optimize optimizer_costs option optionally or order others out outer outfile over overlaps overlay parallel \
    partition percent_rank placing plan position pragma preceding precision primary procedure purge qualify query raise \
    range rank read reads read_write real recursive references regexp reindex release rename repeat replace require \
    resignal restrict return returning revoke right rlike rollback row rows row_number savepoint schema schemas \
    second_microsecond select sensitive separator session_user set setof show signal similar smallint some spatial \
    specific sql sqlexception sqlstate sqlwarning sql_big_result sql_calc_found_rows sql_small_result ssl starting stored \
    straight_join substring symmetric system system_user table tablesample temp temporary terminated then ties time \
    timestamp tinyblob tinyint tinytext to trailing transaction treat trigger trim true truncate unbounded undo union \
    unique unlock unsigned update usage use user using utc_date utc_time utc_timestamp vacuum values varbinary varchar \
    varcharacter variadic varying verbose view virtual when where while window with within without write xmlelement xor \
    year_month zerofill";

/// A table of whole numbers, booleans and enums with these names, and an index over every fortieth.
fn table(name: &str, columns: &[String]) -> Table {
    let mut table = Table::new(name);
    table.columns = vec![Column::new("the key", ColumnType::BigInt).identity()];
    for (position, name) in columns.iter().enumerate() {
        let column_type = match position % 3 {
            0 => ColumnType::Integer,
            1 => ColumnType::Boolean,
            _ => ColumnType::Enum {
                values: vec!["it's".into(), "so".into()],
            },
        };
        let column = Column::new(name, column_type);
        table.columns.push(column.nullable());
        if position % 40 == 0 {
            table.indexes.push(Index {
                name: index_name(&table.name, &[name]),
                columns: vec![name.clone()],
                unique: false,
            });
        }
    }
    table.primary_key = vec!["the key".into()];
    table.sorted()
}

fn value(position: usize) -> (Value, BindType) {
    match position % 3 {
        0 => (
            Value::Integer(i64::try_from(position).unwrap()),
            BindType::Integer,
        ),
        1 => (Value::Boolean(position > 50), BindType::Boolean),
        _ => (Value::Text("it's".into()), BindType::Text),
    }
}

fn create(db: &Database, tables: &[Table]) {
    validate(tables).unwrap();
    let mut connection = db.connection().unwrap();
    let dialect = connection.dialect();
    for table in tables {
        let indexes = table.indexes.iter();
        let indexes = indexes.map(|index| dialect.create_index(table, index));
        let statements = dialect.create_table(table, &[]).unwrap();
        for statement in statements.into_iter().chain(indexes) {
            connection
                .batch(&statement)
                .unwrap_or_else(|error| panic!("{:?}: {error:?}", table.name));
        }
    }
    let found = dialect.introspect(&mut connection).unwrap();
    let differences = birgus_migrate::compare(tables, &found);
    assert!(differences.is_empty(), "{differences:#?}");
    let mut wanted = tables.to_vec();
    wanted.sort_by(|left, right| left.name.cmp(&right.name));
    assert_eq!(found, wanted);
}

/// Writes a value into every column, and finds the row by all of them.
fn fill(db: &Database, table: &Table) {
    let mut connection = db.connection().unwrap();
    let columns = &table.columns[1..];
    let mut insert = StatementBuilder::new(connection.dialect());
    insert.push("INSERT INTO ").identifier(&table.name);
    for (position, column) in columns.iter().enumerate() {
        insert.push(if position == 0 { " (" } else { ", " });
        insert.identifier(&column.name);
    }
    insert.push(")");
    for position in 0..columns.len() {
        insert.push(if position == 0 { " VALUES (" } else { ", " });
        let (value, bind_type) = value(position);
        insert.bind(value, bind_type);
    }
    insert.push(")");
    assert_eq!(connection.execute(&insert.finish()).unwrap(), 1);

    let mut select = StatementBuilder::new(connection.dialect());
    for (position, column) in columns.iter().enumerate() {
        select.push(if position == 0 { "SELECT " } else { ", " });
        select
            .identifier(&table.name)
            .push(".")
            .identifier(&column.name);
    }
    select.push(" FROM ").identifier(&table.name);
    for (position, column) in columns.iter().enumerate() {
        select.push(if position == 0 { " WHERE " } else { " AND " });
        select
            .identifier(&table.name)
            .push(".")
            .identifier(&column.name)
            .push(" = ");
        let (value, bind_type) = value(position);
        select.bind(value, bind_type);
    }
    select.push(" ORDER BY ").identifier(&columns[0].name);
    let mut rows = 0;
    connection
        .query(&select.finish(), &mut |row| {
            rows += 1;
            assert_eq!(row.column_count(), columns.len());
            for (position, column) in columns.iter().enumerate() {
                assert_eq!(row.column_name(position).as_deref(), Some(&*column.name));
                if position % 3 == 0 {
                    assert_eq!(row.integer(position)?, i64::try_from(position).ok());
                }
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(rows, 1);
}

fn drop_all(db: &Database, tables: &[Table]) {
    let mut connection = db.connection().unwrap();
    let dialect = connection.dialect();
    for table in tables {
        connection.batch(&dialect.drop_table(&table.name)).unwrap();
    }
    assert!(dialect.table_names(&mut connection).unwrap().is_empty());
}

fn columns_work(bed: &Bed, names: &[String]) {
    let db = bed.open(&[]);
    let tables: Vec<Table> = (names.chunks(200).enumerate())
        .map(|(number, names)| table(&format!("names {number}"), names))
        .collect();
    create(&db, &tables);
    for table in &tables {
        fill(&db, table);
    }
    drop_all(&db, &tables);
}

fn tables_work(bed: &Bed, names: &[String]) {
    let db = bed.open(&[]);
    let tables: Vec<Table> = (names.iter())
        .map(|name| table(name, &[format!("{name}'"), name.clone()]))
        .filter(|table| validate(std::slice::from_ref(table)).is_ok())
        .collect();
    assert!(
        tables.len() + 5 > names.len(),
        "{} of {}",
        tables.len(),
        names.len()
    );
    create(&db, &tables);
    for table in &tables {
        fill(&db, table);
    }
    drop_all(&db, &tables);
}

fn words() -> Vec<String> {
    WORDS.split_whitespace().map(str::to_owned).collect()
}

/// The naughty strings that the model check takes as names, cut to 40 bytes, no two of them alike in any engine's eyes.
fn naughty_names() -> Vec<String> {
    let mut seen = BTreeSet::new();
    let cut = |text: &str| {
        let end = (0..=text.len().min(40))
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text[..end.unwrap_or(0)].to_owned()
    };
    BLNS.iter()
        .map(|text| cut(text))
        .filter(|name| validate(&[table("t", std::slice::from_ref(name))]).is_ok())
        .filter(|name| seen.insert(name.to_lowercase()))
        .collect()
}

fn every_reserved_word_is_a_column(bed: &Bed) {
    let upper = words()
        .into_iter()
        .map(|word| word.to_uppercase())
        .collect::<Vec<_>>();
    columns_work(bed, &upper);
}

fn reserved_words_are_tables(bed: &Bed) {
    let words: Vec<String> = words().into_iter().step_by(16).collect();
    tables_work(bed, &words);
}

fn the_list_of_naughty_strings_as_columns(bed: &Bed) {
    let names = naughty_names();
    assert!(names.len() > 400, "{} names", names.len());
    columns_work(bed, &names);
}

fn the_list_of_naughty_strings_as_tables(bed: &Bed) {
    let names: Vec<String> = naughty_names().into_iter().step_by(16).collect();
    tables_work(bed, &names);
}

/// Each of the first 256 characters, and each 331st of the Basic Multilingual Plane.
fn every_character_stands_in_a_name(bed: &Bed) {
    let characters = (1..0x100).chain((0x100..0x1_0000).step_by(331));
    let names: Vec<String> = characters
        .filter_map(char::from_u32)
        .filter(|letter| !letter.is_control())
        .enumerate()
        .map(|(number, letter)| format!("{letter}{letter}{number}{letter}z"))
        .collect();
    columns_work(bed, &names);
}
