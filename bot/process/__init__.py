"""How does the running bot start, go on, and end?"""
