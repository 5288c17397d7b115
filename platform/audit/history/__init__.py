"""How things stood and what the log folds to: as of any instant, folded anew, held against each day's close."""
