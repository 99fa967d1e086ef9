"""Do reports, catalogs and gold questions come out as they went in?"""
