"""What draws a model's exhibits (see ``models.exhibits``): one small view for each kind."""
