"""The race on the stage: up to four lanes with one scale for all, their curves in one plot, and the bar that drives them."""
