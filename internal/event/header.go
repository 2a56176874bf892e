package event

// Header is one Kafka record header. Names may repeat; their order is kept.
type Header struct {
	Key   string
	Value []byte
}

// Find returns the value of the last header with that name, and whether there is one. The last wins because a
// producer that appends a header means to replace the earlier one.
func Find(headers []Header, name string) ([]byte, bool) {
	for i := len(headers) - 1; i >= 0; i-- {
		if headers[i].Key == name {
			return headers[i].Value, true
		}
	}
	return nil, false
}
