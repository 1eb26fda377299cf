// What a question of an instant form asks for, by its key: Meta's own keys, and what people write in Spanish, Portuguese and
// English. Whole questions are known, never words in them: "¿tu teléfono es Android?" asks for no phone.

export const targets = ["full_name", "first_name", "last_name", "email", "phone_number", "answer", "ignore"] as const;

/** Where an answer goes; `answer` and `ignore` only when a person said so. */
export type Target = (typeof targets)[number];

const BEFORE =
  /^(?:(?:por favor|please|por gentileza) )?(?:(?:cual es|cual seria|qual e|qual|what is|what s|ingresa|ingrese|escribe|escribi|escriba|indica|indique|dejanos|dejame|deja|informe|digite|deixe|insira|enter|introduce|completa) )?(?:(?:el|la|o|a|the) )?(?:(?:tu|su|tus|sus|vuestro|your|seu|sua|teu|tua|mi|my) )?(?:(?:melhor|mejor|best) )?/;

const words: Partial<Record<Target, string>> = {
  full_name:
    "full name|name|name and surname|nombre|nombre completo|nombre y apellido|nombre y apellidos|nombres y apellidos|nombre apellido|nombres|como te llamas|como se llama|nome|nome completo|nome e sobrenome|como voce se chama|apellido y nombre|apellidos y nombres|sobrenome e nome",
  first_name: "first name|firstname|given name|primer nombre|nombre de pila|primeiro nome",
  last_name: "last name|lastname|surname|family name|apellido|apellidos|sobrenome|ultimo nome",
  email:
    "email|e mail|mail|email address|e mail address|correo|correo electronico|direccion de correo|direccion de correo electronico|direccion de email|correo e|endereco de email|endereco de e mail|correio eletronico|work email|email laboral|correo laboral|email corporativo",
  phone_number:
    "phone|phone number|telephone|telephone number|mobile|mobile phone|mobile number|cell|cell phone|cellphone|cell number|contact number|whatsapp|whatsapp number|numero de whatsapp|whatsapp o telefono|telefono|telefono celular|telefono movil|telefono de contacto|telefono o whatsapp|telefono whatsapp|telefono y whatsapp|celular|celular o whatsapp|celular whatsapp|numero|numero celular|numero movil|numero de celular|numero de telefono|numero de contacto|numero de movil|numero telefonico|movil|telefone|telefone celular|telefone ou whatsapp|telefone whatsapp|telefone de contato|telefone com ddd|whatsapp com ddd|celular com ddd|numero de telefone|numero do whatsapp|numero do celular|contato|fone|work phone|work phone number|telefono laboral|telefono del trabajo",
};

const byQuestion = new Map(
  Object.entries(words).flatMap(([target, said]) => said.split("|").map((question) => [question, target as Target])),
);

/** Small letters without accents, and nothing but one space between words. */
const plain = (key: string): string =>
  key
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** What the question asks for; undefined where only its answer tells. */
export function targetOf(key: string): Target | undefined {
  const question = plain(key);
  return byQuestion.get(question) ?? byQuestion.get(question.replace(BEFORE, ""));
}

/** "Apellido y nombre": the other way round. */
export const isLastNameFirst = (key: string): boolean =>
  /^(?:apellidos?|sobrenome) /.test(plain(key).replace(BEFORE, ""));

/** What is second choice where a form asks twice. */
export const isOfWork = (key: string): boolean => /\b(?:work|laboral|trabajo|corporativo)\b/.test(plain(key));

/** "nombre" is the first name in a form that asks for the last one too. */
export const isBareName = (key: string): boolean => /^(?:nombres?|name|nome)$/.test(plain(key).replace(BEFORE, ""));
