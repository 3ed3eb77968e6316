"""How dates read where Django writes them itself (the admin): as `{% moment %}` writes them."""
