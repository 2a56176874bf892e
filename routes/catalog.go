package routes

import (
	"embed"
	"io/fs"
	"path"
)

//go:embed catalog/*.yaml
var catalog embed.FS

// Catalog returns the routes that are shipped, sorted by name.
func Catalog() []File {
	var files []File
	entries, _ := fs.ReadDir(catalog, "catalog") // embedded: it is always there
	for _, e := range entries {
		name := path.Join("catalog", e.Name())
		data, _ := catalog.ReadFile(name) // as ReadDir has just named it
		files = append(files, File{Name: path.Join("routes", name), Data: data, Shipped: true})
	}
	return files
}
