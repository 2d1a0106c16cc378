package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
)

// Encode gives the result as result.json has it.
func (r Result) Encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // people read this file too
	if err := encoder.Encode(r); err != nil {
		return nil, fmt.Errorf("encoding the result: %w", err)
	}
	return b.Bytes(), nil
}

// Write writes the result as indented JSON to path, mode 0644. The file is
// replaced in one step: whoever reads it sees the old result or the new one,
// never half of it. The directory must exist.
func (r Result) Write(path string) error {
	data, err := r.Encode()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".result-*.json")
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // after the rename there is nothing to remove
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp makes 0600; artifacts and other users read this file
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// Read reads a result that Write wrote. A result of another schema version is
// an error, not a guess; fields that we do not know are let through, so that
// an older reader takes a newer writer's additions.
func Read(path string) (Result, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return Result{}, fmt.Errorf("reading the result: %w", err)
	}
	var r Result
	if err := json.Unmarshal(body, &r); err != nil {
		return Result{}, fmt.Errorf("reading the result %s: %w", path, err)
	}
	if r.Schema != Schema {
		return Result{}, fmt.Errorf("reading the result %s: schema is %d, and this program reads %d; use the version of slipway that wrote it", path, r.Schema, Schema)
	}
	return r, nil
}

// MarshalJSON writes every list and map, if empty: readers in other languages
// loop over lists, and null is not one. Numbers that JSON cannot write (a
// metric that is not a number) are left out rather than costing the whole result.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result // without this method
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // whoever encodes the result decides
	err := encoder.Encode(plain(fill(reflect.ValueOf(r)).Interface().(Result)))
	return b.Bytes(), err
}

// fill returns a copy of v without nil slices and maps, and without NaN and
// infinities. Pointers stay as they are when nil, because there null means
// "does not exist".
func fill(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || !writable(v.Elem()) {
			return reflect.Zero(v.Type())
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(fill(v.Elem()))
		return p
	case reflect.Slice:
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			s.Index(i).Set(fill(v.Index(i)))
		}
		return s
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		for key, value := range v.Seq2() {
			if writable(value) {
				m.SetMapIndex(key, value)
			}
		}
		return m
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v) // also takes unexported fields, such as time.Time's
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(fill(v.Field(i)))
			}
		}
		return out
	case reflect.Float64:
		if !writable(v) {
			return reflect.Zero(v.Type())
		}
	}
	return v
}

func writable(v reflect.Value) bool {
	return v.Kind() != reflect.Float64 || !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
}
