"""Names that people of an origin bear, put together by chance: nobody in particular is meant."""

from __future__ import annotations

from typing import NamedTuple

from versants.people.enums import Gender


class Pool(NamedTuple):
    """First names of women and of men, and family names."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    family: tuple[str, ...]


def _pool(women: str, men: str, family: str) -> Pool:
    return Pool(tuple(women.split()), tuple(men.split()), tuple(family.split()))


_FRENCH = _pool(
    "Amélie Aurore Bénédicte Céline Charlotte Delphine Émilie Fanny Florence Gaëlle Justine Laure Manon Mathilde"
    " Pauline Sandrine Sophie Valérie Virginie Zoé",
    "Adrien Antoine Arnaud Baptiste Cédric Damien Fabien François Guillaume Hugo Jérôme Laurent Ludovic Maxime Mickaël"
    " Olivier Quentin Rémi Sébastien Vincent",
    "Bailleul Bécu Caudron Cousin Dassonville Debruyne Delannoy Delobel Demarquez Desmarets Dhaene Dubrulle Duhamel"
    " Flament Fournier Hennebelle Lemaire Leroux Lesage Macquart Mahieu Marquant Pruvost Roussel Vasseur Wattel",
)
_WALLOON = _pool(
    "Anne-Sophie Caroline Catherine Christelle Élodie Françoise Isabelle Julie Laurence Marie Martine Muriel Nathalie"
    " Noémie Stéphanie Véronique",
    "Benoît Bernard Christophe Didier Éric Frédéric Geoffrey Grégory Jean-Marc Loïc Luc Michaël Nicolas Philippe"
    " Pierre Xavier",
    "Baudoux Bodart Collard Deltour Demoulin Devos Evrard Gillain Henrard Huart Lambert Lecocq Lejeune Libert Maes"
    " Marchal Noël Piette Renard Servais Thirion Wauters",
)
_FLEMISH = _pool(
    "Annelies Charlotte Ellen Evelien Griet Ilse Jolien Katrien Leen Liesbeth Marijke Nele Saskia Sofie Tine Veerle",
    "Bart Dries Filip Geert Hannes Jeroen Joris Koen Kristof Maarten Pieter Stijn Thomas Tom Wim Wouter",
    "Claeys Coppens Debaere Declercq Dejonghe Demeulenaere Devolder Hoste Lagae Maertens Mestdagh Naert Samyn"
    " Vandewalle Vanhoutte Verbeke Vercruysse Vermeersch Wyffels",
)
_ERITREAN = _pool(
    "Abrehet Almaz Feven Freweyni Genet Helen Letebrhan Luwam Meaza Medhin Merhawit Mihret Rahel Saba Semhar Senait"
    " Tsega Winta Yohana Zayid",
    "Abel Amanuel Biniam Dawit Efrem Filmon Girmay Habtom Hagos Isaias Kibrom Merhawi Mewael Natnael Robel Samuel"
    " Tekle Tesfalem Yared Yonatan",
    "Abraha Andom Araya Berhane Bahta Estifanos Fessehaye Gebremedhin Gebreyesus Ghebremeskel Habtemariam Haile"
    " Kidane Mebrahtu Medhanie Negasi Okbay Tekeste Tesfamariam Tewelde Weldu Woldemichael Zerai",
)
_ETHIOPIAN = _pool(
    "Aster Bethlehem Eden Hanna Hirut Kidist Lensa Marta Meron Selamawit Tigist Yeshi",
    "Abebe Bekele Daniel Dereje Getachew Kebede Lemma Mulugeta Solomon Tadesse Yohannes Zelalem",
    "Alemu Assefa Ayele Bogale Demissie Desta Girma Lemma Mengistu Negash Tadesse Tolossa Wolde",
)
_AFGHAN = _pool(
    "Adela Anahita Fatima Freshta Hosna Khatera Laila Maryam Mursal Nargis Parwana Rahima Sahar Shabnam Shukria Spozhmai"
    " Wazhma Yalda Zarghuna Zohra",
    "Ahmad Asadullah Farid Fawad Hamid Hekmat Idris Jawad Khalid Mirwais Najib Nasir Omid Qais Rahmat Samim Shafiq"
    " Wahid Yama Zabihullah",
    "Ahmadzai Akbari Alokozai Amiri Azizi Barakzai Ebrahimi Hakimi Hotak Jafari Kakar Karimi Mohammadi Momand Noorzai"
    " Popal Qaderi Rahimi Safi Sediqi Shinwari Wardak Yousufi Zadran",
)
_LEVANT = _pool(
    "Abir Amal Bayan Dima Ghada Hala Hanan Iman Khadija Lama Mona Nour Rana Rasha Rima Salma Samira Sawsan Wafa Yasmin",
    "Adnan Ahmad Anas Bashar Fadi Firas Ghassan Hasan Imad Jamal Khaled Mahmoud Majd Nabil Omar Rami Samer Tarek Wael"
    " Yazan",
    "Abbas Al-Ahmad Al-Hassan Al-Khatib Al-Masri Barakat Darwish Fares Habib Haddad Hamdan Ibrahim Jaber Khalil Mansour"
    " Najjar Qasem Saleh Shahin Sulaiman Younes Zein",
)
_MAGHREB = _pool(
    "Amina Assia Fatiha Hafsa Ikram Karima Latifa Malika Naïma Samia Yamina Zineb",
    "Abdelkader Brahim Farid Hicham Karim Mehdi Mourad Nabil Rachid Samir Tarik Youssef",
    "Alaoui Amrani Belkacem Benali Bennani Boukhari Cherif Haddad Idrissi Mansouri Ouali Saïdi Tahiri Ziani",
)
_SUDANESE = _pool(
    "Amna Asma Awadia Eiman Fathia Hajir Ihsan Manal Nafisa Rania Safa Tahani",
    "Abdelrahman Adam Ali Babiker Elsadig Hamza Haroun Ibrahim Idriss Ismail Mohamed Musa Mutasim Osman Yagoub Yahya",
    "Abakar Abdallah Abdelkarim Adam Ahmed Arbab Bashir Eltayeb Haroun Idris Ishag Khamis Mahamat Osman Suliman Yousif",
)
_SOMALI = _pool(
    "Amina Ayaan Deqa Faduma Fartun Habiba Hamdi Hodan Ifrah Khadra Nasteho Sagal Sahra Ubah",
    "Abdi Abdirahman Ahmed Ali Bashir Cabdulle Farah Guled Hassan Ismail Liban Mahad Mohamed Said Yusuf",
    "Abdi Abdullahi Adan Ahmed Ali Dahir Elmi Farah Guled Hersi Hussein Jama Mohamud Nur Omar Warsame",
)
_TURKISH = _pool(
    "Ayşe Berfin Dilan Elif Emine Esra Gülay Hatice Hülya Meryem Nurcan Rojda Seda Selin Sevgi Zeynep",
    "Ahmet Baran Cemal Deniz Emre Ferhat Hakan İbrahim Kemal Mehmet Murat Mustafa Orhan Serdar Welat Yusuf",
    "Acar Akın Arslan Aydın Bozkurt Çelik Demir Doğan Güneş Kaplan Karakaş Kaya Koç Özdemir Polat Şahin Tekin Yıldız",
)
_KURDISH = _pool(
    "Avin Berivan Çiçek Dilan Evin Gulistan Hêvî Jiyan Nesrin Perwîn Rojin Roza Şîlan Zelal",
    "Azad Baran Ciwan Diyar Dilovan Heval Hozan Kawa Loran Rêzan Serhat Şiyar Welat Zinar",
    "Acar Ahmed Ali Amed Baran Bozan Hasan Hemo Îbrahîm Mistefa Osman Reşo Silêman Xelîl Yusuf",
)
_RUSSIAN = _pool(
    "Alina Anna Ekaterina Galina Irina Larisa Lioudmila Marina Natalia Nina Olga Svetlana Tatiana Valentina",
    "Alekseï Andreï Anton Dmitri Guennadi Igor Ivan Konstantin Maksim Nikolaï Oleg Pavel Sergueï Vadim",
    "Belov Egorov Fomin Gontcharov Karpov Kozlov Lebedev Morozov Orlov Romanov Sokolov Titov Volkov Zaïtsev",
)
_CHECHEN = _pool(
    "Aminat Elina Khava Laïsa Leila Madina Malika Markha Petimat Zaïnap Zalina Zarema",
    "Adam Akhmed Aslan Beslan Ibraguim Islam Khamzat Magomed Mansour Mousa Ramzan Timour",
    "Akhmadov Bisultanov Dadaev Gaïtoukaev Ibraguimov Islamov Magomadov Oumarov Saïdov Tasouev Vakhaev",
)
_UKRAINIAN = _pool(
    "Anastasiia Daryna Halyna Iryna Kateryna Larysa Liudmyla Maryna Nadiia Oksana Olha Sofiia Tetiana Yuliia",
    "Andrii Artem Bohdan Denys Dmytro Ihor Maksym Mykola Oleksandr Pavlo Roman Serhii Taras Vasyl Yurii",
    "Bondarenko Boiko Hryhorenko Kovalchuk Kravchenko Lysenko Marchenko Melnyk Moroz Petrenko Polishchuk Savchenko"
    " Shevchuk Tkachenko Zaichenko",
)
_GEORGIAN = _pool(
    "Ana Eka Khatia Lela Manana Mariam Nana Natia Nino Salome Tamar Tea",
    "Avtandil Beka Davit Giorgi Irakli Lasha Levan Mamuka Nika Otar Vakhtang Zurab",
    "Abashidze Beridze Chkheidze Gelashvili Giorgadze Gogoladze Kapanadze Kiknadze Lomidze Maisuradze Tsiklauri",
)
_ARMENIAN = _pool(
    "Ani Anahit Arevik Gayane Hasmik Karine Lilit Lusine Mariam Nune Shushan",
    "Aram Armen Artur David Gagik Gor Hayk Karen Narek Tigran Vahe",
    "Abrahamyan Avetisyan Grigoryan Hakobyan Harutyunyan Karapetyan Manukyan Sargsyan Simonyan Vardanyan",
)
_ALBANIAN = _pool(
    "Albana Anila Arbenita Blerta Drita Elira Fatime Flutura Jehona Mirela Shpresa Valbona",
    "Agim Arben Bujar Dritan Endrit Fatos Ilir Kushtrim Luan Nexhat Petrit Valon",
    "Ahmeti Berisha Dervishi Gashi Hoxha Krasniqi Kastrati Leka Morina Rama Shala Thaçi Zogaj",
)
_CONGOLESE = _pool(
    "Bijou Chantal Clarisse Dorcas Espérance Esther Gloria Henriette Joséphine Mamie Nadine Rachel Sylvie Thérèse",
    "Christian Dieudonné Emmanuel Fiston Gédéon Hervé Jean-Claude Junior Papy Patient Serge Trésor",
    "Bokungu Ilunga Kabeya Kabongo Kalala Kasongo Lukusa Mbuyi Mukendi Mutombo Mwamba Ngalula Nsimba Tshibangu",
)
_LAKES = _pool(
    "Alice Belyse Chantal Claudine Diane Divine Estella Goreth Jeanne Josiane Nadège Odette",
    "Alexis Bosco Claude Désiré Egide Fabrice Innocent Jean-Paul Léonidas Prosper Thierry Vianney",
    "Bigirimana Habimana Hakizimana Irakoze Kamariza Manirakiza Nahimana Ndayizeye Niyonzima Nkurunziza Uwimana",
)
_WEST_AFRICAN = _pool(
    "Aïssatou Binta Djénabou Fanta Fatoumata Hadja Hawa Kadiatou Mariama M’Balou Nènè Oumou Ramata Salimatou",
    "Abdoulaye Alpha Amadou Boubacar Cheick Ibrahima Issiaga Lansana Mamadou Moussa Ousmane Sékou Souleymane Thierno",
    "Bah Baldé Barry Camara Cissé Condé Diallo Diakité Doumbouya Fofana Kaba Keïta Kouyaté Soumah Sow Sylla Touré"
    " Traoré",
)
_LUSOPHONE = _pool(
    "Ana Beatriz Domingas Esperança Fátima Isabel Joana Luzia Maria Teresa",
    "António Carlos Domingos Eduardo Fernando João Manuel Mateus Paulo Sebastião",
    "Cabral Cardoso Correia Domingos Fernandes Lopes Mendes Miguel Neto Pereira Semedo Tavares",
)
_IRANIAN = _pool(
    "Azadeh Fereshteh Golnaz Laleh Mahsa Mina Nasrin Parisa Shirin Zahra",
    "Amir Arash Behzad Dariush Hossein Kaveh Mehran Navid Reza Siavash",
    "Ahmadi Bahrami Farahani Ghorbani Hosseini Jalali Kazemi Moradi Rostami Sadeghi Tehrani",
)

STAFF = {"fr": _FRENCH, "wal": _WALLOON, "nl": _FLEMISH}

# Language first heard -> the names that go with it.
BY_LANGUAGE: dict[str, Pool] = {
    **dict.fromkeys(("tir", "tig"), _ERITREAN),
    **dict.fromkeys(("amh", "orm"), _ETHIOPIAN),
    **dict.fromkeys(("pus", "prs", "haz", "uzb"), _AFGHAN),
    **dict.fromkeys(("apc", "ara", "acm", "arz", "acq"), _LEVANT),
    **dict.fromkeys(("ary", "arq", "aeb"), _MAGHREB),
    **dict.fromkeys(("apd", "shu"), _SUDANESE),
    "som": _SOMALI,
    "tur": _TURKISH,
    **dict.fromkeys(("kmr", "ckb"), _KURDISH),
    "rus": _RUSSIAN,
    "che": _CHECHEN,
    "ukr": _UKRAINIAN,
    "kat": _GEORGIAN,
    "hye": _ARMENIAN,
    "sqi": _ALBANIAN,
    **dict.fromkeys(("lin", "lua", "swa", "kon", "sag"), _CONGOLESE),
    **dict.fromkeys(("run", "kin"), _LAKES),
    **dict.fromkeys(("ful", "man", "sus", "bam", "dyu", "snk", "wol"), _WEST_AFRICAN),
    "por": _LUSOPHONE,
    "pes": _IRANIAN,
}


def feminine(pool: Pool, family: str) -> str:
    """Family names that end otherwise for a woman."""
    if pool in (_RUSSIAN, _CHECHEN) and family.endswith(("ov", "ev", "in")):
        return f"{family}a"
    return family


def draw(world, pool: Pool, gender: str) -> tuple[str, str]:
    """First name and family name."""
    first = world.pick(pool.women if gender == Gender.WOMAN else pool.men)
    family = world.pick(pool.family)
    return first, feminine(pool, family) if gender == Gender.WOMAN else family
