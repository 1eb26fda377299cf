import { expect, it, test } from "vitest";
import { KNOWN_FLOOR, versionHealth, type VersionHealth } from "../../../src/adapters/meta/versions.ts";

const now = Date.parse("2026-11-23T12:00:00Z");

test.each<[string, VersionHealth]>([
  ["v26.0", { alive: true }],
  ["v25.0", { alive: true }],
  ["v27.0", { alive: true }],
  ["v24.0", { alive: false, expiresOn: "2026-10-06", daysLeft: -48 }],
  ["v19.0", { alive: false, expiresOn: "2025-02-04", daysLeft: -657 }],
  ["v3.2", { alive: false }],
  ["26.0", { alive: false }],
  ["", { alive: false }],
])("%j is %j", (version, expected) => expect(versionHealth(version, now)).toEqual(expected));

it("defect 98: counts the days a version has left", () => {
  expect(versionHealth("v24.0", Date.parse("2026-08-07T23:59:59Z"))).toEqual({
    alive: true,
    expiresOn: "2026-10-06",
    daysLeft: 60,
  });
  expect(versionHealth("v24.0", Date.parse("2026-10-06T00:00:00Z")).alive).toBe(false);
});

it("has a floor that is alive", () => expect(versionHealth(KNOWN_FLOOR, now).alive).toBe(true));
