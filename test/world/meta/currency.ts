/** Meta's own table (§C.3), not ISO's: COP, CRC, HUF, IDR and TWD have no minor unit here. */
const WITHOUT_MINOR_UNIT = new Set(["CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND"]);

export const currencyOffset = (currency: string): 1 | 100 => (WITHOUT_MINOR_UNIT.has(currency) ? 1 : 100);

/** Insights show major units: "15320.45" in ARS, "15320" in CLP. */
export const majorText = (minor: number, offset: 1 | 100): string =>
  offset === 1 ? String(minor) : `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;
