package secret

import "reflect"

// Clean takes the secrets out of every text that v, a pointer, leads to: of
// strings, bytes, and the keys and values of maps. Texts of a type of their own
// (a status, a kind) are words of ours and stay.
func (s Scrubber) Clean(v any) {
	if !s.Empty() {
		s.clean(reflect.ValueOf(v).Elem())
	}
}

func (s Scrubber) clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() {
			v.SetString(s.Text(v.String()))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if v.Len() > 0 && v.CanSet() {
				v.SetBytes(s.Bytes(v.Bytes()))
			}
			return
		}
		for n := range v.Len() {
			s.clean(v.Index(n))
		}
	case reflect.Array:
		for n := range v.Len() {
			s.clean(v.Index(n))
		}
	case reflect.Struct:
		for n := range v.NumField() {
			if v.Type().Field(n).IsExported() {
				s.clean(v.Field(n))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			s.clean(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() && v.CanSet() {
			v.Set(s.copied(v.Elem()))
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		for _, key := range v.MapKeys() {
			value := s.copied(v.MapIndex(key))
			v.SetMapIndex(key, reflect.Value{})
			v.SetMapIndex(s.copied(key), value)
		}
	}
}

// copied is a cleaned copy of what cannot be changed where it is.
func (s Scrubber) copied(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	s.clean(c)
	return c
}
