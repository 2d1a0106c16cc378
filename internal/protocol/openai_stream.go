package protocol

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// chunk is one event of a stream.
type chunk struct {
	Error   json.RawMessage
	Choices []struct {
		Index        int
		Text         grown
		Delta        streamed
		FinishReason json.RawMessage `json:"finish_reason"`
	}
}

// streamed is a message, or what a chunk adds to it.
type streamed struct {
	Content   grown      `json:"content,omitempty"`
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

// grown is a text that arrives in pieces.
type grown []byte

func (g grown) MarshalText() ([]byte, error) { return g, nil }

func (g *grown) UnmarshalText(piece []byte) error {
	*g = append(*g, piece...)
	return nil
}

type toolCall struct {
	Index    int    `json:"index"`
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      grown `json:"name"`
		Arguments grown `json:"arguments"`
	} `json:"function"`
}

// spoken is a choice that is put together from chunks.
type spoken struct {
	Index        int             `json:"index"`
	Text         grown           `json:"text"`
	Message      streamed        `json:"message"`
	FinishReason json.RawMessage `json:"finish_reason,omitempty"`
}

// maxChoices is what OpenAI allows, of choices and of tools.
const maxChoices = 128

// assemble makes of a stream the response that would have come without one.
func assemble(stream []event) ([]byte, error) {
	if len(stream) == 0 {
		return nil, errors.New("the stream is empty")
	}
	choices := []*spoken{}
	for n, e := range stream {
		if string(e.data) == "[DONE]" {
			return encode(map[string]any{"choices": choices}), nil
		}
		var c chunk
		err := json.Unmarshal(mask(e.data), &c)
		switch {
		case e.name == "error":
			return nil, fmt.Errorf("the stream has an error in event %d: %s", n+1, clipped(e.data))
		case err != nil && n < len(stream)-1:
			return nil, fmt.Errorf("event %d of the stream is not that of an OpenAI server: %s", n+1, clipped(e.data))
		case err != nil:
			return nil, fmt.Errorf("the stream broke off in event %d: %s", n+1, clipped(e.data))
		case len(c.Error) > 0 && string(c.Error) != "null":
			return nil, fmt.Errorf("the stream has an error in event %d: %s", n+1, clipped(c.Error))
		}
		for _, add := range c.Choices {
			i := slices.IndexFunc(choices, func(s *spoken) bool { return s.Index == add.Index })
			if i < 0 {
				i, choices = len(choices), append(choices, &spoken{Index: add.Index})
			}
			choices[i].Text = append(choices[i].Text, add.Text...)
			choices[i].Message.add(add.Delta)
			if len(choices) > maxChoices || len(choices[i].Message.ToolCalls) > maxChoices {
				return nil, fmt.Errorf("event %d of the stream is one choice or tool call too many: more than %d", n+1, maxChoices)
			}
			if len(add.FinishReason) > 0 && string(add.FinishReason) != "null" {
				choices[i].FinishReason = add.FinishReason
			}
		}
	}
	return nil, fmt.Errorf("the stream broke off after event %d: it has no [DONE]", len(stream))
}

// add appends to a message what a chunk has of it.
func (m *streamed) add(delta streamed) {
	m.Content = append(m.Content, delta.Content...)
	for _, d := range delta.ToolCalls {
		i := slices.IndexFunc(m.ToolCalls, func(c toolCall) bool { return c.Index == d.Index })
		if i < 0 {
			m.ToolCalls = append(m.ToolCalls, d)
			continue
		}
		call := &m.ToolCalls[i]
		call.ID, call.Type = cmp.Or(call.ID, d.ID), cmp.Or(call.Type, d.Type)
		call.Function.Name = append(call.Function.Name, d.Function.Name...)
		call.Function.Arguments = append(call.Function.Arguments, d.Function.Arguments...)
	}
}
