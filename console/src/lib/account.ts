import { look, setLook, type Look } from "./look";
import { setPreference } from "./preferences";

/** Changes how the console looks: shown at once, kept for other browsers, loaded anew for another language. */
export async function changeLook(change: Partial<Look>): Promise<void> {
  const needsReload = setLook(change);
  // It is kept in this browser anyway; the server's copy may fail.
  await setPreference("look", look()).catch(() => {});
  if (needsReload) location.reload();
}
