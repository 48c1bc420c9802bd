// The fixed words of joining a class, of the class's doings and of the page view of books; rows as in strings.js.

export const CLASS_STRINGS = {
  // ---- a page of a book
  view: ["View", "कैसे देखें", "Vista", "Affichage"],
  view_page: ["Page", "पन्ना", "Página", "Page"],
  view_words: ["Words", "शब्द", "Texto", "Texte"],
  leaf_opening: ["Opening the page", "पन्ना खुल रहा है", "Abriendo la página", "Ouverture de la page"],
  leaf_place: ["{page} of {total}", "{page} / {total}", "{page} de {total}", "{page} sur {total}"],
  leaf_turn: ["Turn pages", "पन्ने पलटें", "Pasar páginas", "Tourner les pages"],
  leaf_back: ["Page before", "पिछला पन्ना", "Página anterior", "Page précédente"],
  leaf_on: ["Next page", "अगला पन्ना", "Página siguiente", "Page suivante"],
  leaf_in: ["Larger", "बड़ा करें", "Más grande", "Plus grand"],
  leaf_out: ["Smaller", "छोटा करें", "Más pequeño", "Plus petit"],
  leaf_failed: [
    "The page cannot be drawn here. These are its words.",
    "यह पन्ना यहाँ नहीं दिख सकता। ये उसके शब्द हैं।",
    "La página no se puede mostrar aquí. Este es su texto.",
    "La page ne peut pas s’afficher ici. Voici son texte.",
  ],
  page_words: ["Read all of this page", "यह पूरा पन्ना पढ़ें", "Leer toda la página", "Lire toute la page"],
  page_words_none: [
    "The words of this page cannot be shown right now.",
    "इस पन्ने के शब्द अभी नहीं दिख सकते।",
    "Ahora no se puede mostrar el texto de esta página.",
    "Le texte de cette page ne peut pas s’afficher pour l’instant.",
  ],
};
