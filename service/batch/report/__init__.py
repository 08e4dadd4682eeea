"""A run, and what changed since another one, as a page that opens without network and as a workbook.

value.py      what a report is: sections of sentences, tables and charts, each word in both languages
rows.py       the rows of a run as tables in memory, only the columns that are read
sections/     one subject a file: from rows to a section
building.py   the sections in order
page.py  charts.py  workbook.py    the same value shown
"""
