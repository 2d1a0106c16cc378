package protocol

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Answer is what the model said: a text, the tool calls it asks for, or a
// vector; of several choices or inputs an array of them, in their order.
func (openai) Answer(r Response) Content {
	content := body(r)
	if openaiKind(r.Path) == "" || !succeeded(r.Status) {
		return content
	}
	if isStream(r) {
		response, err := assemble(events(r.Body))
		if err != nil {
			content.Problem = err.Error()
			return content
		}
		r.Body = response
	}
	if content.Problem = saidError(r); content.Problem != "" {
		return content
	}
	choices, _ := member(r.Body, "choices")
	data, _ := member(r.Body, "data")
	answers, err := each(items(choices), choiceAnswer)
	if len(answers) == 0 && err == nil {
		answers, err = each(items(data), vector)
	}
	switch {
	case err != nil:
		content.Problem = err.Error()
		return content
	case len(answers) == 0:
		content.Problem = "the response has no choices and no data: nothing was answered"
		if content.JSON == nil {
			content.Problem = "the response is not that of an OpenAI server: it is not JSON"
		}
		return content
	case len(answers) == 1:
		return Content{JSON: answers[0]}
	}
	return Content{JSON: slices.Concat([]byte("["), bytes.Join(answers, []byte(", ")), []byte("]"))}
}

// each takes the answers out of a list, in the order of the index that its items have.
func each(list []entry, answer func(item []byte) ([]byte, error)) ([][]byte, error) {
	type indexed struct {
		index int
		item  []byte
	}
	sorted := make([]indexed, len(list))
	for i, e := range list {
		written, _ := member(e.value, "index")
		index, _ := strconv.Atoi(string(written))
		sorted[i] = indexed{index, e.value}
	}
	slices.SortStableFunc(sorted, func(a, b indexed) int { return cmp.Compare(a.index, b.index) })
	answers := make([][]byte, len(sorted))
	for i, s := range sorted {
		var err error
		if answers[i], err = answer(s.item); err != nil {
			if len(sorted) > 1 {
				err = fmt.Errorf("answer %d of %d: %w", i+1, len(sorted), err)
			}
			return nil, err
		}
	}
	return answers, nil
}

// choiceAnswer is the text of a completion, or of a chat the tool calls or the content.
func choiceAnswer(choice []byte) ([]byte, error) {
	message, _ := member(choice, "message")
	if calls, _ := member(message, "tool_calls"); len(items(calls)) > 0 {
		return calls, nil
	}
	for _, said := range []struct {
		in   []byte
		name string
	}{{message, "content"}, {choice, "text"}} {
		if text, ok := member(said.in, said.name); ok && string(text) != "null" && string(text) != `""` {
			return text, nil
		}
	}
	switch reason, _ := member(choice, "finish_reason"); string(reason) {
	case "", "null":
		return nil, errors.New("the model said nothing")
	case `"length"`: // it may have thought until then
		return nil, errors.New("the model said nothing before max_tokens was reached")
	default:
		return nil, fmt.Errorf("the model said nothing: the finish_reason is %s", clipped(reason))
	}
}

// vector is an embedding as it is written: numbers, or where they were asked
// for in base64 a text. One that is not finite is no embedding.
func vector(item []byte) ([]byte, error) {
	embedding, ok := member(item, "embedding")
	if !ok {
		return nil, errors.New("the embedding is missing")
	}
	if len(embedding) > 2 && embedding[0] == '"' {
		return embedding, nil
	}
	if why := notFinite(items(embedding)); why != "" {
		return nil, errors.New(why)
	}
	return embedding, nil
}

// notFinite says why numbers are no vector; empty when they are one.
func notFinite(numbers []entry) string {
	if len(numbers) == 0 {
		return "the embedding is empty, or no list of numbers"
	}
	for i, n := range numbers {
		if x, err := strconv.ParseFloat(string(n.value), 64); err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprintf("the embedding has %s at position %d, which is no finite number", clipped(n.value), i)
		}
	}
	return ""
}
