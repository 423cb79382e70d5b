// Numbers as the page's language writes them; `app/words/numbers.py` is their twin in Python.
import { say } from "./dom.js";

const language = () => document.documentElement.lang || "en";

export const whole = (n) => new Intl.NumberFormat(language()).format(n);

// A sentence in the plural form that `n` asks for, with {n} and other fields filled.
// forms: by CLDR's category: English has "one" and "other".
export const counted = (forms, n, fields) =>
  say(forms[new Intl.PluralRules(language()).select(n)] ?? forms.other, { n: whole(n), ...fields });

export const decimal = (value, digits) => {
  const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language(), fixed).format(value).replace("-", "−");
};

// A share from 0 to 1, in percent: with as many digits as a small one needs to be told from 0.
export const percent = (share, digits = share >= 0.0995 ? 0 : share >= 0.00995 ? 1 : 2) =>
  `${decimal(100 * share, digits)} %`;
