"""Routes: an outing of one day part, and a journey of weeks. Arrays in, checked routes out."""
