// Package examples holds the documents of the demonstration and says how each must end. They are written for this
// project: the parties, numbers and bank accounts in them do not exist.
package examples

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
)

//go:embed documents/*.xml documents/*.json documents/*.pdf outcomes.json
var files embed.FS

// Example is one document and its expected end.
type Example struct {
	File    string   `json:"file"`
	To      string   `json:"to"`      // source topic that it is sent to
	Outcome string   `json:"outcome"` // delivered or dead_letter
	Kind    string   `json:"kind"`    // empty when it is not recognised
	Route   string   `json:"route"`   // empty when none takes it
	Topics  []string `json:"topics"`  // where it is delivered, sorted
	Codes   []string `json:"codes"`   // of its fatal violations, sorted
	Data    []byte   `json:"-"`
}

// All returns the examples, the good ones first. An error is a fault of the build.
func All() ([]Example, error) {
	data, err := files.ReadFile("outcomes.json")
	if err != nil {
		return nil, err
	}
	var all []Example
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("outcomes.json: %w", err)
	}
	for i := range all {
		if all[i].Data, err = files.ReadFile(path.Join("documents", all[i].File)); err != nil {
			return nil, err
		}
	}
	return all, nil
}
