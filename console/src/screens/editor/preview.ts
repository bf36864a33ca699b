/**
 * HTML that the server has cleaned, made fit to be shown within the console: images are told in words, since the
 * console asks no other host for anything, links open beside it, and headings begin below the console's own.
 */
export function fitPreview(html: string, image: (alt: string) => string): string {
  // A parsed document loads nothing and runs nothing.
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const img of body.querySelectorAll("img, picture, video, audio, iframe")) {
    const note = document.createElement("span");
    note.className = "image";
    note.textContent = image(img.getAttribute("alt") ?? "");
    img.replaceWith(note);
  }
  for (const link of body.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  for (const styled of body.querySelectorAll("[style]")) styled.removeAttribute("style");
  for (const heading of body.querySelectorAll("h1, h2")) {
    const lower = document.createElement("h4");
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  return body.innerHTML;
}
