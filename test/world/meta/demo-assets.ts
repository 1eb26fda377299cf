import { demoFormIds, demoPageIds, demoPhoneNumberIds, demoPortfolioIds, demoWabaIds } from "./demo-ids.ts";
import type { LeadForm, Page, Waba } from "./entities.ts";

const MANAGER = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"];

const question = (key: string, label: string, type: string) => ({ key, label, type });

const contact = [
  question("full_name", "Nombre completo", "FULL_NAME"),
  question("email", "Correo electrónico", "EMAIL"),
  question("phone_number", "Número de teléfono", "PHONE"),
];

const form = (id: string, name: string, questions: LeadForm["questions"], locale = "es_LA"): LeadForm => ({
  id,
  name,
  status: "ACTIVE",
  locale,
  questions,
});

/** The pages of the demo business with their instant forms. */
export const demoPages = (): Page[] => [
  {
    id: demoPageIds.clinic,
    name: "Clínica Dental Aurora",
    category: "Dentist & Dental Office",
    tasks: MANAGER,
    forms: [
      form(demoFormIds.clinic, "Implantes — consulta", [
        ...contact,
        {
          ...question("¿qué_tratamiento_buscas?", "¿Qué tratamiento buscás?", "CUSTOM"),
          options: [{ key: "implantes", value: "Implantes" }],
        },
      ]),
      {
        ...form(demoFormIds.clinicOld, "Blanqueamiento 2025", [
          question("nombre_y_apellido", "Nombre y apellido", "CUSTOM"),
          question("teléfono_o_whatsapp", "Teléfono o WhatsApp", "CUSTOM"),
        ]),
        status: "ARCHIVED",
      },
    ],
  },
  {
    id: demoPageIds.miami,
    name: "Aurora Smile Miami",
    category: "Dentist & Dental Office",
    // Its people may look, and no more.
    tasks: ["ANALYZE"],
    forms: [form(demoFormIds.miami, "Free consultation", contact, "en_US")],
  },
  {
    id: demoPageIds.optics,
    name: "Óptica Andina",
    category: "Optician",
    tasks: MANAGER,
    forms: [form(demoFormIds.optics, "Examen de la vista", contact)],
  },
];

const number = (id: string, displayPhoneNumber: string, verifiedName: string) => ({
  id,
  displayPhoneNumber,
  verifiedName,
  qualityRating: "GREEN" as const,
  status: "CONNECTED",
});

/** One account of its own, and one that a client shares. */
export const demoWabas = (): Waba[] => [
  {
    id: demoWabaIds.clinic,
    name: "Clínica Dental Aurora",
    currency: "ARS",
    timezoneId: "24",
    ownerPortfolioId: demoPortfolioIds.health,
    clientPortfolioIds: [],
    phoneNumbers: [
      number(demoPhoneNumberIds.clinic, "+54 9 11 5555-0101", "Clínica Dental Aurora"),
      number(demoPhoneNumberIds.clinicSecond, "+54 9 11 5555-0102", "Aurora Turnos"),
    ],
  },
  {
    id: demoWabaIds.optics,
    name: "Óptica Andina",
    currency: "CLP",
    timezoneId: "32",
    ownerPortfolioId: "1700998877665544",
    clientPortfolioIds: [demoPortfolioIds.retail],
    phoneNumbers: [number(demoPhoneNumberIds.optics, "+56 2 2555 0101", "Óptica Andina")],
  },
];
