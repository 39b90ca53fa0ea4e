"""Problems of the data, the rules that find them, and the formats they are reported in."""
