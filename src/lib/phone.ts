// One phone has one writing here, E.164, however a form, a person or WhatsApp wrote it. Three countries have two writings of
// the same phone even in E.164: Argentina (a 9 after 54 where the phone is a mobile one), Mexico (a 1 after 52, until 2019)
// and Brazil (a ninth digit before mobile numbers, since 2016).
// wrangler.toml puts metadata of the countries below in the place of that of all countries (.phone.mjs).
import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/core";
import metadata from "libphonenumber-js/min/metadata";

/** Where our tenants' leads are. */
const COUNTRIES = "AR BO BR CA CL CO CR CU DE DO EC ES FR GB GT HN IT MX NI PA PE PR PT PY SV US UY VE".split(" ");

const AREA_AND_NUMBER_BR = /^[1-9]{2}(?:9\d{8}|[2-5]\d{7})$/;

/**
 * A phone in E.164, or undefined where the text is none. What is written without a country is read as one of `country` (ISO
 * 3166, two letters; the tenant's), never as another's; without a country it is no phone. Numbers of countries that are not
 * listed above are not looked into: written internationally, + or 00 and 8 to 15 digits are taken as they are.
 */
export function toE164(text: string, country?: string | null): string | undefined {
  const said = text.trim().replace(/^(?:p|tel|phone):\s*/i, "");
  const international = said.replace(/^00[\s.-]*(?=[1-9])/, "+");
  const digits = international.replace(/[\s().-]/g, "");
  if (digits.startsWith("+") && !isListed(digits.slice(1)))
    return /^\+[1-9]\d{7,14}$/.test(digits) ? digits : undefined;
  const home = COUNTRIES.find((code) => code === country?.toUpperCase()) as CountryCode | undefined;
  return read(international, home);
}

function read(text: string, home: CountryCode | undefined): string | undefined {
  const parsed = parsePhoneNumberFromString(text, { extract: false, ...(home && { defaultCountry: home }) }, metadata);
  if (!parsed) return undefined;
  const { countryCallingCode: code, nationalNumber } = parsed;
  switch (code) {
    case "54":
      // Both marks of a mobile phone, 9 and 15, in one writing.
      if (/^9\d{12}$/.test(nationalNumber)) return read(nationalNumber.slice(1), "AR");
      return /^9?(?:11|[23]\d)\d{8}$/.test(nationalNumber) ? parsed.number : undefined;
    case "52": {
      const number = nationalNumber.replace(/^(?:1|01|044|045)(?=[2-9]\d{9}$)/, "");
      return /^[2-9]\d{9}$/.test(number) ? `+52${number}` : undefined;
    }
    case "55": {
      const number = nationalNumber.replace(/^([1-9]{2})(?=[6-9]\d{7}$)/, "$19");
      return AREA_AND_NUMBER_BR.test(number) ? `+55${number}` : undefined;
    }
  }
  return parsed.isPossible() ? parsed.number : undefined;
}

/**
 * The same text for all writings of a phone: what toE164 answers, and of an Argentine mobile phone without its 9, which
 * WhatsApp and people leave out. No two phones there differ by it alone.
 */
export const phoneKey = (e164: string): string => e164.replace(/^\+549(?=\d{10}$)/, "+54");

/** As WhatsApp writes a phone that it is to send to. */
export const waDigits = (e164: string): string => e164.slice(1);

let callingCodes: readonly string[] | undefined;

function isListed(digits: string): boolean {
  callingCodes ??= COUNTRIES.map((country) => metadata.countries[country as CountryCode]?.[0] as unknown as string);
  return callingCodes.some((code) => digits.startsWith(code));
}
