"""How fast and how good is wenju beside other ways to search?"""
