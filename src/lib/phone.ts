// One phone has one writing here, E.164, however a form, a person or WhatsApp wrote it. Three countries have two writings of
// the same phone even in E.164: Argentina (a 9 after 54 where the phone is a mobile one), Mexico (a 1 after 52, until 2019)
// and Brazil (a ninth digit before mobile numbers, since 2016).
// Of libphonenumber the worker carries what it knows of the countries below (.phone.mjs), and none of its code, forty
// kilobytes that also write numbers for people: test/lib/phone.test.ts holds what is read here against what it reads.
import metadata from "libphonenumber-js/min/metadata";
import type { CountryCode } from "libphonenumber-js/core";

/** Where our tenants' leads are. */
const COUNTRIES = "AR BO BR CA CL CO CR CU DE DO EC ES FR GB GT HN IT MX NI PA PE PR PT PY SV US UY VE".split(" ");

const AREA_AND_NUMBER_BR = /^[1-9]{2}(?:9\d{8}|[2-5]\d{7})$/;

/** How a country writes its numbers: the rows of libphonenumber's metadata, as far as they are used. */
type Plan = {
  code: string;
  abroad: RegExp;
  number: RegExp;
  lengths: readonly number[];
  prefix?: RegExp;
  becomes?: string;
};

const plans = new Map<string, Plan>();

function planOf(country: string): Plan {
  const known = plans.get(country);
  if (known) return known;
  const row = metadata.countries[country as CountryCode] as unknown as (string & number[])[];
  const [code = "", abroad, number, lengths = []] = row;
  const prefix = row[7] || row[5];
  const plan = {
    code,
    abroad: new RegExp(`^(?:${abroad})(?=[1-9])`),
    number: new RegExp(`^(?:${number})$`),
    lengths,
    ...(prefix && { prefix: new RegExp(`^(?:${prefix})`) }),
    ...(row[8] && { becomes: row[8] }),
  };
  plans.set(country, plan);
  return plan;
}

/**
 * A phone in E.164, or undefined where the text is none. What is written without a country is read as one of `country` (ISO
 * 3166, two letters; the tenant's), never as another's; without a country it is no phone. Numbers of countries that are not
 * listed above are not looked into: written internationally, + or 00 and 8 to 15 digits are taken as they are.
 */
export function toE164(text: string, country?: string | null): string | undefined {
  const said = text
    .normalize("NFKC")
    .trim()
    .replace(/^(?:p|tel|phone):\s*/i, "")
    .replace(/[\s,;]*(?:ext|extn|int|interno|x|#)[\s.:=]*\d{1,7}$/i, "");
  if (!/^\+?[\d\s()./\u2010-\u2015-]+$/.test(said)) return undefined;
  const digits = said.replace(/\D/g, "");
  const code = country?.toUpperCase() ?? "";
  const home = COUNTRIES.includes(code) ? planOf(code) : undefined;
  if (said.startsWith("+")) return readInternational(digits);
  if (/^00[1-9]/.test(digits)) return readInternational(digits.slice(2));
  const away = home ? digits.replace(home.abroad, "") : digits;
  if (away !== digits) return readInternational(away);
  return home && readNational(home, withoutCode(home, digits));
}

function readInternational(digits: string): string | undefined {
  const plan = COUNTRIES.map(planOf).find(({ code }) => digits.startsWith(code));
  if (plan) return readNational(plan.code === "1" ? planOf("US") : plan, digits.slice(plan.code.length));
  return /^[1-9]\d{7,14}$/.test(digits) ? `+${digits}` : undefined;
}

/** 54 9 11… without its plus. */
function withoutCode(plan: Plan, digits: string): string {
  if (!digits.startsWith(plan.code)) return digits;
  const rest = digits.slice(plan.code.length);
  const whole = withoutPrefix(plan, digits);
  const isTooLong = whole.length > Math.max(...plan.lengths);
  return isTooLong || (!plan.number.test(whole) && plan.number.test(withoutPrefix(plan, rest))) ? rest : digits;
}

function readNational(plan: Plan, digits: string): string | undefined {
  const number = withoutPrefix(plan, digits);
  switch (plan.code) {
    case "54":
      // Both marks of a mobile phone, 9 and 15, in one writing.
      if (/^9\d{12}$/.test(number)) return readNational(plan, number.slice(1));
      return /^9?(?:11|[23]\d)\d{8}$/.test(number) ? `+54${number}` : undefined;
    case "52": {
      const bare = number.replace(/^(?:1|01|044|045)(?=[2-9]\d{9}$)/, "");
      return /^[2-9]\d{9}$/.test(bare) ? `+52${bare}` : undefined;
    }
    case "55": {
      const nine = number.replace(/^([1-9]{2})(?=[6-9]\d{7}$)/, "$19");
      return AREA_AND_NUMBER_BR.test(nine) ? `+55${nine}` : undefined;
    }
    default:
      return plan.lengths.includes(number.length) ? `+${plan.code}${number}` : undefined;
  }
}

/** Without what is dialled at home only, unless a number becomes none by it. */
function withoutPrefix({ prefix, becomes, number, lengths }: Plan, digits: string): string {
  const found = prefix?.exec(digits);
  if (!prefix || !found) return digits;
  const bare =
    becomes && found.at(-1) !== undefined && found.length > 1
      ? digits.replace(prefix, becomes)
      : digits.slice(found[0].length);
  const isLost = number.test(digits) && !number.test(bare);
  return isLost || bare.length < Math.min(...lengths) ? digits : bare;
}

/**
 * The same text for all writings of a phone: what toE164 answers, and of an Argentine mobile phone without its 9, which
 * WhatsApp and people leave out. No two phones there differ by it alone.
 */
export const phoneKey = (e164: string): string => e164.replace(/^\+549(?=\d{10}$)/, "+54");

/** As WhatsApp writes a phone that it is to send to. */
export const waDigits = (e164: string): string => e164.slice(1);
