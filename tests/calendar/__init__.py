"""Calendar files: the writer, and the strict checker that every one of them passes."""
