"""The report as a page that opens without network, and as a workbook; both say the same figures."""
