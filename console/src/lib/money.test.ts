import { expect, it } from "vitest";
import { dollars, exactly, readDollars, typed } from "./money";

it("reads dollars without a float in between", () => {
  const micros = (text: string, mark?: string) => readDollars(text, mark);
  expect(micros("12")).toEqual({ micros: 12_000_000 });
  expect(micros(" $0.1 ")).toEqual({ micros: 100_000 });
  // 1.1 * 1e6 and 8.2 * 1e6 are no whole numbers for a float.
  expect([micros("1.1"), micros("8.2"), micros("4.35"), micros("0.000001")]).toEqual([{ micros: 1_100_000 }, { micros: 8_200_000 }, { micros: 4_350_000 }, { micros: 1 }]);
  expect(micros("999999999.999999")).toEqual({ micros: 999_999_999_999_999 });
  expect(micros("")).toEqual({ micros: null });
  expect([micros("0"), micros("0.00")]).toEqual([{ micros: 0 }, { micros: 0 }]);
});

it("refuses what could be read in two ways", () => {
  expect([readDollars("1,000"), readDollars("1.000", ",")]).toEqual([{ wrong: "mark" }, { wrong: "mark" }]);
  expect(readDollars("0,25", ",")).toEqual({ micros: 250_000 });
  expect(["-1", "1e3", "1,000.00", ".5", "5.", "ten", "٣"].map((text) => readDollars(text))).toEqual(Array(7).fill({ wrong: "form" }));
  expect(readDollars("0.0000001")).toEqual({ wrong: "digits" });
  expect([readDollars("1000000000"), readDollars("1000000000.000001")]).toEqual([{ micros: 1e15 }, { wrong: "much" }]);
});

it("writes what it reads", () => {
  for (const micros of [0, 1, 18, 100_000, 250_000, 1_000_000, 1_500_000, 12_345_678, 999_999_999_999_999, 1e15]) {
    expect(readDollars(typed(micros))).toEqual({ micros });
    expect(readDollars(typed(micros, ","), ",")).toEqual({ micros });
  }
  expect([typed(null), typed(1_500_000), typed(12_000_000), typed(18)]).toEqual(["", "1.50", "12", "0.000018"]);
  expect([exactly(0), exactly(18), exactly(1_234_500_000), exactly(1e15)]).toEqual(["$0.00", "$0.000018", "$1,234.50", "$1,000,000,000.00"]);
  expect([dollars(1_234_567), dollars(999_999), dollars(123_456), dollars(1_234)]).toEqual(["$1.23", "$1.00", "$0.1235", "$0.001234"]);
});
