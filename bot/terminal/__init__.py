"""How is it to use in a terminal?"""
