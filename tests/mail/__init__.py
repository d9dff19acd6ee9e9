"""Mail in and out, against real servers that the tests run."""
