"""Files as people send and open them: CSV and workbooks, read as a stream and made so that nothing runs."""
