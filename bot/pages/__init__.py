"""What do pages look like? Pure: values in, markup and buttons out."""
