"""How fast the product is with a large company's data, measured: `make bench SIZE=S` or `SIZE=L` (docs/speed.md)."""
