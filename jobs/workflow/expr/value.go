package expr

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// toJSON turns a value into JSON's types, of at most left bytes.
func toJSON(v ref.Val, left *int) (any, error) {
	switch v := v.(type) {
	case types.Bool:
		return bool(v), spend(left, 5)
	case types.Bytes:
		return base64.StdEncoding.EncodeToString(v), spend(left, len(v)*4/3+4)
	case types.Double:
		return float64(v), spend(left, 8)
	case types.Duration:
		return v.String(), spend(left, 16)
	case types.Int:
		return float64(v), spend(left, 8)
	case types.Null:
		return nil, spend(left, 4)
	case *types.Optional:
		if !v.HasValue() {
			return nil, spend(left, 4)
		}
		return toJSON(v.GetValue(), left)
	case types.String:
		return string(v), spend(left, len(v)+2)
	case types.Timestamp:
		return v.Time.UTC().Format(time.RFC3339Nano), spend(left, 32)
	case types.Uint:
		return float64(v), spend(left, 8)
	case traits.Mapper:
		return mapToJSON(v, left)
	case traits.Lister:
		return listToJSON(v, left)
	default:
		return fmt.Sprint(v.Type().TypeName()), spend(left, 16)
	}
}

func listToJSON(v traits.Lister, left *int) (any, error) {
	list := []any{}
	for i := v.Iterator(); i.HasNext() == types.True; {
		item, err := toJSON(i.Next(), left)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, spend(left, 2+len(list))
}

func mapToJSON(v traits.Mapper, left *int) (any, error) {
	object := map[string]any{}
	for i := v.Iterator(); i.HasNext() == types.True; {
		key := i.Next()
		item, err := toJSON(v.Get(key), left)
		if err != nil {
			return nil, err
		}
		name, ok := key.Value().(string)
		if !ok {
			name = fmt.Sprint(key.Value())
		}
		if err := spend(left, len(name)+3); err != nil {
			return nil, err
		}
		object[name] = item
	}
	return object, spend(left, 2)
}

// words is a value as a person writes it: numbers without a needless fraction,
// nothing for null, JSON for lists and maps.
func words(v ref.Val) ref.Val {
	left := MaxOutput
	value, err := toJSON(v, &left)
	if err != nil {
		return types.WrapErr(err)
	}
	text, err := Words(value)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(text)
}

// Words is a JSON value as it stands in a text.
func Words(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case string:
		return v, nil
	default:
		text, err := json.Marshal(v)
		return string(text), err
	}
}
