import { describe, expect, it, test } from "vitest";
import { parseUsage, shouldPause, type Usage } from "../../../src/adapters/meta/throttle.ts";

const useCase = (items: unknown) => ({ "x-business-use-case-usage": JSON.stringify({ "2329417887457253": items }) });

test.each<[string, Record<string, string>, Usage]>([
  ["no headers", {}, {}],
  ["app usage", { "x-app-usage": '{"call_count":28,"total_time":25,"total_cputime":31}' }, { appPercent: 31 }],
  ["app usage as text", { "x-app-usage": '{"call_count":"28","total_time":" 25 "}' }, { appPercent: 28 }],
  ["over the limit", { "X-App-Usage": '{"call_count":140}' }, { appPercent: 140 }],
  [
    "a calm account, whose reset time means nothing",
    {
      "x-ad-account-usage":
        '{"acc_id_util_pct":9.67,"reset_time_duration":100,"ads_api_access_tier":"development_access"}',
    },
    { accountPercent: 9.67, tier: "development_access" },
  ],
  [
    "a spent account",
    { "x-ad-account-usage": '{"acc_id_util_pct":"100","reset_time_duration":100}' },
    { accountPercent: 100, retryAfterSeconds: 100 },
  ],
  [
    "insights",
    {
      "x-fb-ads-insights-throttle":
        '{"app_id_util_pct":100,"acc_id_util_pct":10,"ads_api_access_tier":"standard_access"}',
    },
    { accountPercent: 10, appPercent: 100, tier: "standard_access" },
  ],
  [
    "use cases: minutes, the worst of each",
    useCase([
      { type: "ads_insights", call_count: 95, total_cputime: 20, total_time: 20, estimated_time_to_regain_access: 0 },
      {
        type: "ads_management",
        call_count: 10,
        total_cputime: 20,
        total_time: 99,
        estimated_time_to_regain_access: 21,
      },
    ]),
    { accountPercent: 99, retryAfterSeconds: 1_260 },
  ],
  ["minutes as text", useCase([{ estimated_time_to_regain_access: "2" }]), { retryAfterSeconds: 120 }],
  ["an absurd wait", useCase([{ estimated_time_to_regain_access: 1e12 }]), { retryAfterSeconds: 86_400 }],
  ["use cases that are no list", useCase("soon"), {}],
  ["broken JSON", { "x-app-usage": "{", "x-ad-account-usage": "", "x-fb-ads-insights-throttle": "null" }, {}],
  ["wrong types", { "x-app-usage": '{"call_count":{},"total_time":"many","total_cputime":-1}' }, {}],
  ["an array", { "x-app-usage": "[1,2]" }, {}],
  ["one good field among bad ones", { "x-app-usage": '{"call_count":null,"total_time":50}' }, { appPercent: 50 }],
])("reads %s", (_, headers, expected) => expect(parseUsage(new Headers(headers))).toEqual(expected));

describe("pausing", () => {
  test.each<[Usage, boolean]>([
    [{}, false],
    [{ accountPercent: 89.9, appPercent: 10 }, false],
    [{ accountPercent: 90 }, true],
    [{ appPercent: 130 }, true],
    [{ retryAfterSeconds: 60 }, true],
  ])("%j: %s", (usage, expected) => expect(shouldPause(usage)).toBe(expected));

  it("is asked of what one answer says, the rest unknown", () =>
    expect(shouldPause(parseUsage(new Headers()))).toBe(false));
});
