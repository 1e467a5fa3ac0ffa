import { describe, expect, test } from "bun:test";
import { parseExact } from "../../client/json.ts";
import { compileTemplate } from "./render.ts";

const VALUE = {
  Name: "/web",
  State: { Running: true, ExitCode: 0, Error: "" },
  Args: ["-c", "x y"],
  Labels: { b: "2", a: "1" },
  Ports: {},
  Mounts: null,
  Big: parseExact("1795471155815144228"),
  Label: (name: string) => `label ${name}`,
};

describe("a template fills in", () => {
  test.each([
    ["plain", "plain"],
    ["{{.Name}}", "/web"],
    ["{{ .State.Running }} {{.State.ExitCode}}", "true 0"],
    ["{{.Args}} {{.Labels}} {{.Mounts}}", "[-c x y] map[a:1 b:2] <no value>"],
    ["{{.Big}} {{json .Big}}", "1795471155815144228 1795471155815144228"],
    ["{{json .Labels}} {{json .Mounts}}", '{"b":"2","a":"1"} null'],
    ['{{index .Labels "a"}}{{index .Labels "none"}}', "1"],
    ["{{index .Args 1}}", "x y"],
    ["{{len .Args}} {{len .Name}}", "2 4"],
    ["{{range .Args}}<{{.}}>{{end}}", "<-c><x y>"],
    ["{{range $i, $a := .Args}}{{$i}}={{$a}} {{end}}", "0=-c 1=x y "],
    ["{{range $k, $v := .Labels}}{{$k}}{{$v}}{{end}}", "a1b2"],
    ["{{range .Mounts}}x{{else}}none{{end}}", "none"],
    ['{{range .Args}}{{if eq . "-c"}}{{continue}}{{end}}{{.}}{{break}}{{end}}', "x y"],
    ["{{if .State.Running}}up{{else}}down{{end}}", "up"],
    ["{{if .State.Error}}bad{{else if .Ports}}ports{{else}}fine{{end}}", "fine"],
    ["{{with .State}}{{.ExitCode}}{{end}}{{with .Ports}}x{{end}}", "0"],
    ["{{$n := .Name}}{{with .State}}{{$n}} {{$.Name}}{{end}}", "/web /web"],
    ["{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"],
    ['{{if and .Name (not .Ports)}}yes{{end}} {{or .Mounts "d"}}', "yes d"],
    ['{{.Name | upper | printf "%q"}}', '"/WEB"'],
    ['{{join .Args ","}} {{join (split "a-b" "-") "+"}}', "-c,x y a+b"],
    [
      '{{title "ab cd"}} {{lower "AB"}} {{truncate .Name 2}} [{{pad "x" 1 2}}]',
      "Ab Cd ab /w [ x  ]",
    ],
    ['{{println .Name 5}}{{print 1 2 "a" 3}}', "/web 5\n1 2a3"],
    ['{{printf "%-4s|%3d|%v|%%|%x" "ab" 7 true 255}}', "ab  |  7|true|%|ff"],
    ["{{slice .Name 1 3}} {{slice .Args 1}}", "we [x y]"],
    ['{{eq 1 1}} {{ne "a" "b"}} {{lt 1 2}} {{ge 2 3}} {{eq 1 2 1}}', "true true true false true"],
    ["a {{- /* note */ -}} b", "ab"],
    ["a {{- .Name -}} b", "a/webb"],
    ['{{`raw\\n`}}{{"\\t\\"\\u00e9"}}', 'raw\\n\t"é'],
    ['{{.Label "x"}}', "label x"],
    ["{{(index .Args 0)}}", "-c"],
  ])("%s", (source, result) => {
    expect(compileTemplate(source)(VALUE)).toBe(result);
  });
});

describe("a template is refused when it is read:", () => {
  test.each([
    ["{{.ID}", "template: :1: bad character U+007D '}'"],
    ["{{.ID", "template: :1: unclosed action"],
    ["{{}}", "missing value for command"],
    ["{{if .A}}x", "unexpected EOF"],
    ["x{{end}}", "unexpected {{end}}"],
    ["{{nosuch .A}}", 'function "nosuch" not defined'],
    ["{{constructor .A}}", 'function "constructor" not defined'],
    ["{{$x}}", 'undefined variable "$x"'],
    ["{{break}}", "{{break}} outside {{range}}"],
    ["{{.A | 5}}", "non executable command in pipeline stage 2"],
    ["{{(.A}}", "unclosed left paren"],
    ['{{"abc}}', "unterminated quoted string"],
    ["\n\n{{nosuch}}", "template: :3: "],
    ['{{template "x"}}', "unexpected <template> in command"],
    ["{{if .A}}{{else}}{{else}}{{end}}", "expected end; found {{else}}"],
  ])("%s", (source, message) => {
    expect(() => compileTemplate(source)).toThrow(message);
  });
});

describe("a template fails when it is filled in:", () => {
  test.each([
    ["{{.Nope}}", 'template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"'],
    ["{{.Name.X}}", "can't evaluate field X in type string"],
    ["{{.State.toString}}", 'map has no entry for key "toString"'],
    ["{{index .Args 9}}", "index out of range: 9"],
    ["{{range .Name}}{{end}}", "range can't iterate over /web"],
    ["{{.Name 5}}", "can't give argument to non-function"],
    ["{{len 5}}", "len of type number"],
    ['{{join .Name ","}}', "expected list; got string"],
    ['{{lt 1 "a"}}', "incompatible types for comparison"],
  ])("%s", (source, message) => {
    const template = compileTemplate(source);
    expect(() => template(VALUE)).toThrow(message);
  });
});
