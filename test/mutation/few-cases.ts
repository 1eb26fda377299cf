// Random cases are drawn a few times only: every mutant runs them, and most die of the first.
import fc from "fast-check";

process.env["CASES"] = "few";
fc.configureGlobal({ numRuns: 10 });
