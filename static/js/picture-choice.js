// The list of the library in an article's form: looked through by words, seen as pictures. What is
// chosen brings its texts along, where the editor wrote none.

const select = document.querySelector("select.picture-choice");
const jQuery = window.django?.jQuery;

const labelOf = ({ alt, caption, src }) => alt || caption || decodeURIComponent(src.split("/").pop());
const seen = ({ text, picture }) => {
  if (!picture) return text;
  const image = new Image(picture.width, picture.height);
  image.src = picture.thumb;
  image.alt = "";
  const line = document.createElement("span");
  line.className = "picture-option";
  const words = document.createElement("span");
  words.textContent = text;
  line.append(image, words);
  return line;
};

const start = () => {
  const { picture: file, picture_alt: alt, picture_caption: caption } = select.form.elements;
  // What nobody touched tells of the picture before, or came with one that was chosen before.
  const untouched = new Map([alt, caption].map((field) => [field, field.defaultValue]));
  const write = (field, text) => {
    if (field.value.trim() && field.value !== untouched.get(field)) return;
    field.value = text;
    untouched.set(field, text);
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
  };
  const bring = (picture) => {
    const credit = picture.credit && select.dataset.credit.replace("%s", () => picture.credit);
    write(alt, picture.alt);
    write(caption, [picture.caption, credit].filter(Boolean).join(" "));
    file.value = "";
  };

  // The newest stand there for who has no scripts; here they are asked for, as they are seen.
  for (const it of [...select.options]) if (it.value && !it.selected) it.remove();
  jQuery(select)
    .select2({
      theme: "admin-autocomplete",
      placeholder: "",
      allowClear: true,
      templateResult: seen,
      templateSelection: seen,
      ajax: {
        url: select.dataset.library,
        dataType: "json",
        delay: 250,
        data: ({ term, page }) => ({ q: term ?? "", page: page ?? 1 }),
        processResults: ({ pictures, next }) => ({
          results: pictures.map((it) => ({ id: it.id, text: labelOf(it), picture: it })),
          pagination: { more: Boolean(next) },
        }),
      },
    })
    .on("select2:select", (event) => bring(event.params.data.picture));
  file.addEventListener("change", () => file.value && jQuery(select).val(null).trigger("change"));
};
if (select && jQuery?.fn.select2) start();
