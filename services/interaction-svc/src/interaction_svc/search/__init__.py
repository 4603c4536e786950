"""Finding records by what is written in them: words and parts of words, Chinese from one character up."""
