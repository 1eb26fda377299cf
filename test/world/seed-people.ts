// Who works with the demo data. Nobody here exists: .example is a domain that can never be.

export const demoTenants = {
  /** A Latin-American group of clinics and opticians; the ad accounts of the demo business are its own. */
  sonrisa: { id: 1, name: "Grupo Sonrisa", timezone: "America/Argentina/Buenos_Aires", currency: "ARS", country: "AR" },
  /** A neighbour that names the same campaigns of Meta. */
  andes: { id: 2, name: "Agencia Andes", timezone: "America/Santiago", currency: "CLP", country: "CL" },
} as const;

export type DemoTenant = (typeof demoTenants)[keyof typeof demoTenants];

export type DemoUser = {
  id: string;
  name: string;
  email: string;
  /** The first is the default. */
  memberships: readonly { tenantId: number; role: string }[];
};

const { sonrisa, andes } = demoTenants;

export const demoUsers: Readonly<Record<"ceo" | "marketing" | "setter" | "secretary" | "neighbour", DemoUser>> = {
  ceo: {
    id: "demo-ceo",
    name: "Valentina Ibarra",
    email: "valentina@gruposonrisa.example",
    memberships: [{ tenantId: sonrisa.id, role: "ceo" }],
  },
  marketing: {
    id: "demo-marketing",
    name: "Tomás Quiroga",
    email: "tomas@agenciaandes.example",
    memberships: [
      { tenantId: sonrisa.id, role: "marketing" },
      { tenantId: andes.id, role: "marketing" },
    ],
  },
  setter: {
    id: "demo-setter",
    name: "Julieta Paredes",
    email: "julieta@gruposonrisa.example",
    memberships: [{ tenantId: sonrisa.id, role: "setter" }],
  },
  secretary: {
    id: "demo-secretary",
    name: "Ramiro Salas",
    email: "ramiro@gruposonrisa.example",
    memberships: [{ tenantId: sonrisa.id, role: "secretary" }],
  },
  neighbour: {
    id: "demo-neighbour",
    name: "Catalina Rojas",
    email: "catalina@agenciaandes.example",
    memberships: [{ tenantId: andes.id, role: "ceo" }],
  },
};
