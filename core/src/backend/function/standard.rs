//! Functions as the SQL standard writes them.

use super::{AggregateFunction, Function, FunctionWriter, RankFunction};
use crate::backend::BindType;
use crate::{Error, Result};

pub(super) fn function(
    engine: &str,
    function: &Function,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    match function {
        Function::Add => infix(out, " + "),
        Function::Subtract => infix(out, " - "),
        Function::Multiply => infix(out, " * "),
        Function::Negate => {
            out.push("-");
            out.argument(0)
        }
        Function::Absolute => call(out, "ABS"),
        Function::Floor => call(out, "FLOOR"),
        Function::Ceiling => call(out, "CEILING"),
        Function::Remainder => {
            out.argument(0)?;
            out.push(" % NULLIF(");
            out.argument(1)?;
            out.push(", 0)");
            Ok(())
        }
        Function::Lower => call(out, "LOWER"),
        Function::Upper => call(out, "UPPER"),
        Function::Length => call(out, "CHAR_LENGTH"),
        Function::Trim => trim(out, "BOTH"),
        Function::TrimStart => trim(out, "LEADING"),
        Function::TrimEnd => trim(out, "TRAILING"),
        Function::Replace => call(out, "REPLACE"),
        Function::Concat => infix(out, " || "),
        Function::Coalesce => call(out, "COALESCE"),
        Function::NullIf => call(out, "NULLIF"),
        _ => Err(Error::unsupported(format!("{engine} has no {function:?}"))),
    }
}

pub(super) fn aggregate(
    engine: &str,
    function: AggregateFunction,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    let name = match function {
        AggregateFunction::Count if out.count() == 0 => {
            out.push("COUNT(*)");
            return out.over();
        }
        AggregateFunction::Count => "COUNT",
        AggregateFunction::Sum => "SUM",
        AggregateFunction::Average => "AVG",
        AggregateFunction::Minimum => "MIN",
        AggregateFunction::Maximum => "MAX",
        AggregateFunction::All | AggregateFunction::Any | AggregateFunction::JoinText => {
            return Err(Error::unsupported(format!("{engine} has no {function:?}")));
        }
    };
    if function == AggregateFunction::Average && out.result() != BindType::Double {
        return Err(Error::unsupported(format!("{engine} has no exact mean")));
    }
    out.push(name);
    out.push("(");
    out.argument(0)?;
    out.push(")");
    out.over()
}

pub(super) fn rank(function: RankFunction, out: &mut dyn FunctionWriter) -> Result<()> {
    match function {
        RankFunction::RowNumber => out.push("ROW_NUMBER()"),
        RankFunction::Rank => out.push("RANK()"),
        RankFunction::DenseRank => out.push("DENSE_RANK()"),
        RankFunction::Buckets(count) => out.push(&format!("NTILE({count})")),
    }
    out.over()
}

/// `NAME(a, b, …)`
fn call(out: &mut dyn FunctionWriter, name: &str) -> Result<()> {
    out.push(name);
    out.push("(");
    for index in 0..out.count() {
        if index > 0 {
            out.push(", ");
        }
        out.argument(index)?;
    }
    out.push(")");
    Ok(())
}

/// `a op b op …`
fn infix(out: &mut dyn FunctionWriter, operator: &str) -> Result<()> {
    for index in 0..out.count() {
        if index > 0 {
            out.push(operator);
        }
        out.argument(index)?;
    }
    Ok(())
}

fn trim(out: &mut dyn FunctionWriter, side: &str) -> Result<()> {
    out.push("TRIM(");
    out.push(side);
    out.push(" ' ' FROM ");
    out.argument(0)?;
    out.push(")");
    Ok(())
}
