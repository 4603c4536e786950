"""Customer care 客户关怀: which day a birthday, a feast or a day of the company falls on."""
