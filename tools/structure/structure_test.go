package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The tables of the repository are those that the generator makes from the jars. Where the jars can't be had, without
// Maven or without a network, there is nothing to compare with.
func TestTablesAreCurrent(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	for _, s := range sets {
		t.Run(s.file, func(t *testing.T) {
			docs, err := documents(s, filepath.Join(cache, cacheFolder))
			if err != nil {
				t.Skip(err)
			}
			want, err := generate(s, docs)
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join("..", "..", "schemas", "structure", "tables", s.file+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Error("the table differs from what its schemas say: run `go -C tools run ./structure`")
			}
		})
	}
}

// What a table can't say stops the generator.
func TestUnsupported(t *testing.T) {
	for schema, want := range map[string]string{
		`<x:element name="e"><x:complexType><x:all/></x:complexType></x:element>`:                                     "all: not supported",
		`<x:element name="e" nillable="true" type="x:string"/>`:                                                       "nillable",
		`<x:element name="e" substitutionGroup="t:f"/>`:                                                               `attribute "substitutionGroup" is not supported`,
		`<x:element name="e" type="x:duration"/>`:                                                                     "type duration is not supported",
		`<x:element name="e" type="t:none"/>`:                                                                         "type none is not declared",
		`<x:element name="e"><x:complexType/><x:key name="k"/></x:element>`:                                           "identity constraints",
		`<x:complexType name="c"><x:sequence><x:element name="e" maxOccurs="3"/></x:sequence></x:complexType>`:        "occurs  to 3 times",
		`<x:complexType name="c"><x:sequence><x:element ref="t:none"/></x:sequence></x:complexType>`:                  "element none is not declared",
		`<x:complexType name="c"><x:sequence><x:any namespace="urn:a"/></x:sequence></x:complexType>`:                 `namespace "urn:a" is not supported`,
		`<x:complexType name="c"><x:attribute ref="t:a"/></x:complexType>`:                                            `attribute "ref" is not supported`,
		`<x:attribute name="a" type="x:string"/>`:                                                                     "attribute: a global component of this kind is not supported",
		`<x:simpleType name="s"><x:union memberTypes="x:string"/></x:simpleType>`:                                     "only restrictions",
		`<x:simpleType name="s"><x:restriction base="x:string"><x:pattern value="a"/></x:restriction></x:simpleType>`: "pattern: not supported",
		`<x:group name="g"/>`:               "group: a global component",
		`<x:notation name="n" public="p"/>`: "notation: a global component",
		`<x:element name="e" type="x:string"/><x:element name="e" type="x:string"/>`: "declared twice",
		`<x:complexType name="c"><x:sequence><x:element name="e" type="x:string"/></x:sequence></x:complexType><x:complexType name="d"><x:complexContent><x:extension base="t:c"><x:sequence><x:element name="f" type="x:string"/></x:sequence></x:extension></x:complexContent></x:complexType>`: "content is added to content",
	} {
		text := `<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">` + schema + `</x:schema>`
		_, err := generate(set{file: "t", prefixes: []prefix{{"t", "urn:t"}}}, []document{{"t.xsd", []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", schema, err, want)
		}
	}
}
