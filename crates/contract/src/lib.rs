//! Rows from outside become typed, checked columns, or rejects with a rule and a row number.
