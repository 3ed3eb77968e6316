"""How well detection would have done on a file of labelled transactions. Nothing here touches the database."""
