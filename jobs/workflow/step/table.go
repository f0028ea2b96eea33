package step

import "regexp"

// mostRows of a table.
const mostRows = 50

// checkTable names the first row that has something wrong.
func (f Field) checkTable(value any) (string, map[string]any) {
	list, ok := value.([]any)
	if !ok {
		return "workflow.fail.list", nil
	}
	if len(list) > mostRows {
		return "workflow.fail.rows", map[string]any{"max": mostRows}
	}
	for i, item := range list {
		row, ok := item.(map[string]any)
		if !ok {
			return "workflow.fail.map", nil
		}
		known := 0
		for _, column := range f.Columns {
			if _, ok := row[column.Name]; ok {
				known++
			}
			if key, _ := column.check(row[column.Name]); key != "" {
				return "workflow.fail.row", map[string]any{"row": i + 1, "column": column.Name}
			}
		}
		if known < len(row) {
			return "workflow.fail.row_more", map[string]any{"row": i + 1}
		}
	}
	return "", nil
}

// rowsOf are the rows of a setting that is a table.
func rowsOf(config map[string]any, name string) (rows []map[string]any) {
	list, _ := config[name].([]any)
	for _, item := range list {
		if row, ok := item.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

func cell(row map[string]any, column string) string {
	text, _ := row[column].(string)
	return text
}

var nameShape = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// checkNames refuses rows whose name later steps could not read, or that two have.
func checkNames(field string, rows []map[string]any) (problems []Problem) {
	seen := map[string]bool{}
	for i, row := range rows {
		name := cell(row, "name")
		if !nameShape.MatchString(name) || seen[name] {
			return []Problem{{Field: field, Key: "workflow.fail.row_name", Args: map[string]any{"row": i + 1}}}
		}
		seen[name] = true
	}
	return nil
}
