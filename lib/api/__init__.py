"""What every part of the JSON API shares: the shape of answers and errors, of fields, lists and the schema."""
