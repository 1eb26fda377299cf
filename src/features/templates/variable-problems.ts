// What a draft's fields must be to each other, whatever else does not fit.
import type { Draft } from "./draft.ts";
import type { TemplateProblem } from "./refusals.ts";
import { findVariableProblem, isEdgedByVariable, variablesOf } from "./template-text.ts";

/** How often Meta allows each. */
const buttonRoofs = { QUICK_REPLY: 10, URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1 } as const;

type Parts = Pick<Draft, "body" | "example"> & {
  header?: Draft["header"] | null;
  buttons?: Draft["buttons"] | null;
};

export function variableProblemsOf({ body, header, buttons, example }: Parts): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const tell = (field: string, problem: string) => problems.push({ field, problem });
  const headerText = header?.text ?? "";
  const [inBody, inHeader] = [variablesOf(body), variablesOf(headerText)];
  const bodyProblem = findVariableProblem(body);
  if (bodyProblem) tell("body_text", bodyProblem);
  else if (isEdgedByVariable(body)) tell("body_text", "no puede empezar ni terminar con una variable");
  const headerProblem = findVariableProblem(headerText);
  if (headerProblem) tell("header", headerProblem);
  else if (inHeader.length > 1) tell("header", "lleva una variable como máximo");
  for (const [type, roof] of Object.entries(buttonRoofs)) {
    const isTooMany = (buttons ?? []).filter((given) => given["type"] === type).length > roof;
    if (isTooMany) tell("buttons", `como máximo ${roof} de tipo ${type}`);
  }
  const { body_text: forBody, header_text: forHeader } = example;
  if (forBody && forBody.length !== inBody.length) tell("example", `el cuerpo tiene ${inBody.length} variables`);
  if (forHeader && forHeader.length !== inHeader.length)
    tell("example", `el encabezado tiene ${inHeader.length} variables`);
  return problems;
}
