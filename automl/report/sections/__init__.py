"""The sections of a page, one a file: each turns what was gathered into sentences, tables, figures and code."""
